import type { JSX } from "preact";
import { filterOf, setFilter } from "../state/route.ts";
import { lineLevels } from "./level-tone.ts";
import { Levels } from "./levels.tsx";
import { Lines } from "./lines.tsx";

/** What the hosts log, in the order of time, and from which level on. */
export function LogsPage(): JSX.Element {
  const named = filterOf("least");
  const least = lineLevels.find((level) => level === named) ?? "debug";
  return (
    <section class="card messages-page" aria-labelledby="logs-title">
      <div class="logs-head">
        <h1 id="logs-title">Logs</h1>
        <fieldset class="segments">
          <legend class="visually-hidden">Least level that is shown</legend>
          {lineLevels.map((level) => (
            <button
              key={level}
              type="button"
              aria-pressed={level === least}
              onClick={() => setFilter("least", level === "debug" ? "" : level)}
            >
              {level === "debug" ? "All" : `${level}${level === "error" ? "" : " up"}`}
            </button>
          ))}
        </fieldset>
        <Levels />
      </div>
      <Lines key={least} least={least} />
    </section>
  );
}
