import { useSignal } from "@preact/signals";
import type { LogLine, LogLines } from "@reeve/runtime/host";
import type { JSX } from "preact";
import { useMemo } from "preact/hooks";
import { FilterField } from "../shell/filter-field.tsx";
import { HostsNotKnown } from "../shell/hosts-not-known.tsx";
import { PauseButton, usePausing } from "../shell/pausing.tsx";
import { VirtualList } from "../shell/virtual-list.tsx";
import { type AskedHost, useAskedOfAll } from "../state/asked-of-all.ts";
import { whyNot } from "../state/may-act.ts";
import { narrow } from "../state/narrow.ts";
import { countText } from "../state/number-text.ts";
import { fleet } from "../state/page.ts";
import { filterOf } from "../state/route.ts";
import { linesWith, MergedLines, type ShownLine } from "./log-lines.ts";
import { LogRow } from "./log-row.tsx";
import { LogView } from "./log-view.tsx";

/** Of one host at a time: it is asked again in two seconds. */
const mostAtOnce = 500;

/** The lines of all hosts from one level on: hosts are asked for no others. */
export function Lines({ least }: { readonly least: LogLine["level"] }): JSX.Element {
  fleet.revision.value;
  const merged = useMemo(() => new MergedLines(), []);
  const chosen = useSignal<ShownLine | undefined>(undefined);
  const { asked } = useAskedOfAll((instance) => {
    if (whyNot(instance) !== "") return [];
    return [{ operation: "logs", input: { least, after: merged.after(instance), limit: mostAtOnce } }];
  });
  addAll(merged, asked.value);
  const { items: source, paused, pause } = usePausing(merged.all);
  const sought = filterOf("find");
  const shown = useMemo(() => linesWith(source, sought), [source, sought]);
  return (
    <div class="sequence">
      <div class="sequence-tools">
        <FilterField label="Filter logs" placeholder="Filter by host, manager, message, error or request" />
        <PauseButton paused={paused} pause={pause} />
        <span class="sequence-count">
          {countText(shown.length)} shown of {countText(source.length)}
        </span>
      </div>
      <div class="logs-notes">
        <HostsNotKnown what="What is logged" asked={asked.value} />
        <NotAsked asked={asked.value} />
      </div>
      <div class="sequence-body">
        <div class="sequence-frame sequence-scroll">
          {shown.length === 0 ? (
            <p class="empty">{source.length === 0 ? "No lines yet." : "Nothing fits the filter."}</p>
          ) : (
            <VirtualList
              items={shown}
              rowHeight={narrow.value ? 64 : 34}
              keyOf={({ key }) => key}
              row={(line) => (
                <LogRow line={line} chosen={chosen.value?.key === line.key} onChoose={(one) => (chosen.value = one)} />
              )}
              label="Log lines"
              class="sequence-list"
              follow={!paused}
              onLeave={() => pause(true)}
            />
          )}
        </div>
        {chosen.value && (
          <LogView key={chosen.value.key} line={chosen.value} onClose={() => (chosen.value = undefined)} />
        )}
      </div>
    </div>
  );
}

function addAll(merged: MergedLines, asked: ReadonlyMap<string, AskedHost>): void {
  for (const [instance, { answer }] of asked) {
    const [told] = (answer ?? []) as [LogLines?];
    const host = fleet.host(instance);
    if (told?.kept && host) merged.add(instance, host.name, told, fleet.now());
  }
}

/** Why hosts that are current tell no lines. */
function NotAsked({ asked }: { readonly asked: ReadonlyMap<string, AskedHost> }): JSX.Element {
  const reasons = new Map<string, string[]>();
  for (const { instance, name, hearing } of fleet.hosts) {
    if (hearing.is !== "current") continue;
    const [told] = (asked.get(instance)?.answer ?? []) as [LogLines?];
    const why = told?.kept === false ? "It was given a logger of its own." : whyNot(instance);
    if (why !== "") reasons.set(why, [...(reasons.get(why) ?? []), name]);
  }
  return (
    <>
      {[...reasons].map(([why, names]) => (
        <p key={why} class="muted">
          No lines of {names.slice(0, 5).join(", ")}
          {names.length > 5 && ` and ${countText(names.length - 5)} more`}. {why}
        </p>
      ))}
    </>
  );
}
