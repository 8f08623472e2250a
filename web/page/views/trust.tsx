// The page /trust: a table that becomes a list of cards where it is narrow, and
// stays a table for a screen reader. Its roles are spelled out because some
// browsers forget them when the cells are laid out as blocks.

import { words } from "../words/words.ts";

export function Trust() {
  const { trustPage: said } = words.value;
  return (
    <div class="trust">
      <p class="lead">{said.lead}</p>
      {/* biome-ignore-start lint/a11y/noRedundantRoles: see above */}
      <table role="table">
        <caption class="unseen">{said.table.caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            <th role="columnheader" scope="col">{said.table.who}</th>
            <th role="columnheader" scope="col">{said.table.may}</th>
            <th role="columnheader" scope="col">{said.table.never}</th>
          </tr>
        </thead>
        <tbody role="rowgroup">
          {said.rows.map((row) => (
            <tr role="row" key={row.who}>
              <th role="rowheader" scope="row">{row.who}</th>
              <Cell label={said.table.may} text={row.may} />
              <Cell label={said.table.never} text={row.never} />
            </tr>
          ))}
        </tbody>
      </table>
      {/* biome-ignore-end lint/a11y/noRedundantRoles: see above */}
      <Points id="limits" title={said.limits.title} points={said.limits.points} />
      <section aria-labelledby="check">
        <h2 id="check">{said.check.title}</h2>
        {said.check.steps.map(({ title, text, command }) => (
          <section key={title}>
            <h3>{title}</h3>
            <p>{text}</p>
            {command !== undefined && (
              <pre>
                <code>{command}</code>
              </pre>
            )}
          </section>
        ))}
      </section>
      <Points id="never" title={said.never.title} points={said.never.points} />
      <Points id="kept" title={said.kept.title} points={said.kept.points} />
      <p>
        <a class="stands-alone" href="/">{said.back}</a>
      </p>
    </div>
  );
}

/** The label stands in the cell where the head of the table is not shown; a screen reader has the head. */
function Cell({ label, text }: { label: string; text: string }) {
  return (
    // biome-ignore lint/a11y/noRedundantRoles: see above
    <td role="cell">
      <span class="cell-label" aria-hidden="true">{label}</span>
      {text}
    </td>
  );
}

function Points({ id, title, points }: { id: string; title: string; points: readonly string[] }) {
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <ul class="points">
        {points.map((point) => (
          <li key={point}>{point}</li>
        ))}
      </ul>
    </section>
  );
}
