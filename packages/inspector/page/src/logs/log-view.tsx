import type { JSX } from "preact";
import { Drawer } from "../shell/drawer.tsx";
import { JsonTree } from "../shell/json-tree.tsx";
import { StatePill } from "../shell/state-pill.tsx";
import { dateText } from "../state/clock.ts";
import { linkTo } from "../state/route.ts";
import { levelTones } from "./level-tone.ts";
import type { ShownLine } from "./log-lines.ts";

interface Props {
  readonly line: ShownLine;
  readonly onClose: () => void;
}

/** One line in full: its error with its causes, and its other fields. */
export function LogView({ line, onClose }: Props): JSX.Element {
  const { at, level, host, manager, message, error, fields, cut } = line;
  const { stack, ...told } = error ?? {};
  return (
    <Drawer label="Log line" title="Log line" class="payload" onClose={onClose}>
      <p class="log-text">{message || "No message"}</p>
      <dl class="payload-facts">
        <dt>Level</dt>
        <dd>
          <StatePill state={level} tone={levelTones[level]} />
        </dd>
        <dt>At</dt>
        <dd>{dateText(at)}</dd>
        <dt>Host</dt>
        <dd>{host}</dd>
        {manager !== null && (
          <>
            <dt>Manager</dt>
            <dd>
              <a href={linkTo.manager(manager)}>{manager}</a>
            </dd>
          </>
        )}
      </dl>
      {cut && <p class="muted">It was too long to be kept: texts are cut, and fields left out.</p>}
      {error && (
        <>
          <h3>Error</h3>
          <JsonTree value={told} />
          {typeof stack === "string" && (
            <details>
              <summary>Stack</summary>
              <pre class="log-stack">{stack}</pre>
            </details>
          )}
        </>
      )}
      {Object.keys(fields).length > 0 && (
        <>
          <h3>Fields</h3>
          <JsonTree value={fields} />
        </>
      )}
    </Drawer>
  );
}
