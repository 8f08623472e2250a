import { isLanguage, language, languages, speak, words } from "../words/words.ts";

/** The languages there are; each says its own name. */
export function Language() {
  return (
    <label class="language">
      <span class="unseen">{words.value.language}</span>
      <select value={language.value} onChange={({ currentTarget: { value } }) => isLanguage(value) && speak(value)}>
        {Object.entries(languages).map(([code, name]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
