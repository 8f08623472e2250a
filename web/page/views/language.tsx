import { type Language as Code, language, languages, speak, words } from "../words/words.ts";

/** The languages there are; each says its own name. */
export function Language() {
  return (
    <label class="language">
      <span class="unseen">{words.value.language}</span>
      <select value={language.value} onChange={(e) => speak(e.currentTarget.value as Code)}>
        {(Object.keys(languages) as Code[]).map((code) => (
          <option key={code} value={code} lang={code}>
            {languages[code]}
          </option>
        ))}
      </select>
    </label>
  );
}
