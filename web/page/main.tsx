import "./fragment.ts"; // must stay first: it takes the link out of the address bar
import { effect } from "@preact/signals";
import { render } from "preact";
import { App } from "./app.ts";
import { keepFocus } from "./focus.ts";
import { tabTitle } from "./tab.ts";
import { Page } from "./views/page.tsx";
import { language, words } from "./words/words.ts";

// Where somebody reads with a screen reader, it must know the language.
effect(() => {
  document.documentElement.lang = language.value;
});

const app = new App();
effect(() => {
  document.title = tabTitle(app.state.value, words.value);
});
const root = document.getElementById("app");
if (root !== null) {
  render(<Page app={app} />, root);
  keepFocus(root);
}

// The whole page takes drops, so that nobody has to aim, and so that a file
// dropped beside a target is never opened instead of the page.
let depth = 0; // dragenter and dragleave come for every element on the way
window.addEventListener("dragenter", (e) => {
  e.preventDefault();
  depth++;
  app.dragging.value = true;
});
window.addEventListener("dragleave", () => {
  depth = Math.max(0, depth - 1);
  if (depth === 0) app.dragging.value = false;
});
window.addEventListener("dragover", (e) => {
  e.preventDefault();
  if (e.dataTransfer !== null) e.dataTransfer.dropEffect = "copy";
});
window.addEventListener("drop", (e) => {
  e.preventDefault();
  depth = 0;
  app.dragging.value = false;
  if (e.dataTransfer !== null) app.drop(e.dataTransfer);
});
