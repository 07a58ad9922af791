import type { JSX } from "preact";
import type { AskedHost } from "../state/asked-of-all.ts";
import { countText } from "../state/number-text.ts";
import { fleet } from "../state/page.ts";

interface Props {
  /** `What is begun`. */
  readonly what: string;
  readonly asked: ReadonlyMap<string, AskedHost>;
}

/** Of which hosts something is not known, since they are not current, have not answered yet, or refused. */
export function HostsNotKnown({ what, asked }: Props): JSX.Element | null {
  const unknown = fleet.hosts.filter(({ instance }) => {
    const told = asked.get(instance);
    return told?.answer === undefined || told.refusal !== undefined;
  });
  if (unknown.length === 0) return fleet.hosts.length > 0 ? null : <p class="muted">Waiting for the first host…</p>;
  const named = unknown.slice(0, 5).map(({ instance, name }) => {
    const refusal = asked.get(instance)?.refusal;
    return refusal === undefined ? name : `${name} (${refusal})`;
  });
  const more = unknown.length > named.length ? ` and ${countText(unknown.length - named.length)} more` : "";
  return (
    <p class="muted">
      {what} on {named.join(", ")}
      {more} is not known now.
    </p>
  );
}
