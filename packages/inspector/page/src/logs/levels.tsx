import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { mayActOn } from "../state/may-act.ts";
import { fleet } from "../state/page.ts";
import { LogLevelOf } from "./log-level-of.tsx";

/** From which level on each host logs; asked while it is unfolded. */
export function Levels(): JSX.Element {
  const open = useSignal(false);
  const current = fleet.hosts.filter(({ hearing }) => hearing.is === "current");
  return (
    <details class="log-levels" onToggle={({ currentTarget }) => (open.value = currentTarget.open)}>
      <summary>What hosts log</summary>
      {open.value && (
        <ul>
          {current.map(({ instance, name }) => (
            <li key={instance}>
              <span>{name}</span>
              <LogLevelOf instance={instance} host={name} mayAct={mayActOn(instance)} />
            </li>
          ))}
        </ul>
      )}
    </details>
  );
}
