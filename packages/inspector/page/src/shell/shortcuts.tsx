import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { linkTo } from "../state/route.ts";
import { isTyping } from "./is-typing.ts";

const places: Readonly<Record<string, readonly [name: string, href: string]>> = {
  o: ["Overview", linkTo.overview],
  m: ["Messages", linkTo.messages],
  c: ["Calls", linkTo.calls],
  l: ["Latency", linkTo.latency],
  w: ["Work", linkTo.work],
  t: ["Logs", linkTo.logs],
  h: ["Hosts", linkTo.hosts],
  a: ["Operations", linkTo.operations],
};

const help = signal(false);
/** `g` was pressed: the next key says where to. */
const going = signal(false);

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (isTyping(event.target)) {
    if (event.key === "Escape") (event.target as HTMLElement).blur();
    return;
  }
  const place = going.value ? places[event.key] : undefined;
  going.value = event.key === "g";
  if (place) location.hash = place[1];
  else if (event.key === "?") help.value = true;
  else if (event.key === "/") {
    event.preventDefault();
    document.querySelector<HTMLElement>("main input[type=search]")?.focus();
  }
});

/** What the keys do, for whoever presses `?`. */
export function Shortcuts(): JSX.Element | null {
  return help.value ? <Help /> : null;
}

function Help(): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current!.showModal(), []);
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="keys-title" onClose={() => (help.value = false)}>
      <h2 id="keys-title">Keys</h2>
      <dl class="payload-facts">
        <dt>/</dt>
        <dd>Write into the filter; Esc leaves it</dd>
        {Object.entries(places).map(([key, [name]]) => (
          <>
            <dt>g {key}</dt>
            <dd>Go to {name}</dd>
          </>
        ))}
        <dt>↑ ↓ Home End PgUp PgDn</dt>
        <dd>Move within a list</dd>
        <dt>Esc</dt>
        <dd>Close what is open</dd>
      </dl>
      <div class="dialog-buttons">
        <button type="button" class="button" onClick={() => dialog.current!.close()}>
          Close
        </button>
      </div>
    </dialog>
  );
}
