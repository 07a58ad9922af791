import { signal } from "@preact/signals";
import type { JSX } from "preact";

interface Notice {
  readonly id: number;
  readonly tone: "good" | "bad" | "busy";
  readonly text: string;
}

const shownForMs = 6_000;
const notices = signal<readonly Notice[]>([]);
let ids = 0;

/** Tells the person what became of what they did. Returns how to replace it with what comes next. */
export function notify(tone: Notice["tone"], text: string): (tone: Notice["tone"], text: string) => void {
  ids += 1;
  const id = ids;
  const put = (notice: Omit<Notice, "id">): void => {
    notices.value = [...notices.value.filter((one) => one.id !== id), { id, ...notice }].slice(-4);
    if (notice.tone !== "busy") setTimeout(() => remove(id), shownForMs);
  };
  put({ tone, text });
  return (next, said) => put({ tone: next, text: said });
}

function remove(id: number): void {
  notices.value = notices.value.filter((one) => one.id !== id);
}

export function Notices(): JSX.Element {
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.value.map(({ id, tone, text }) => (
        <div key={id} class={`notice tone-${tone}`}>
          {text}
        </div>
      ))}
    </div>
  );
}
