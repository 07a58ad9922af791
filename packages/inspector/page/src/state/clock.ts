import { signal } from "@preact/signals";

/** Moves once a second: what shows an age reads it. */
export const seconds = signal(0);
setInterval(() => {
  seconds.value += 1;
}, 1_000);

/** `3 s`, `12 min`, `2 h 5 min`, `4 d 2 h`. */
export function ageText(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1_000));
  const [days, hours, minutes] = [
    Math.floor(total / 86_400),
    Math.floor(total / 3_600) % 24,
    Math.floor(total / 60) % 60,
  ];
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  if (minutes > 0) return `${minutes} min`;
  return `${total} s`;
}

/** `14:03:22`, and with milliseconds `14:03:22.120`. */
export function timeText(at: number, withMs = false): string {
  const date = new Date(at);
  const [hours, minutes, secs] = [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) =>
    String(part).padStart(2, "0"),
  );
  const text = `${hours}:${minutes}:${secs}`;
  return withMs ? `${text}.${String(date.getMilliseconds()).padStart(3, "0")}` : text;
}

/** `2026-11-30 14:03:22.120 UTC+01:00`. */
export function dateText(at: number): string {
  const date = new Date(at);
  const offset = -date.getTimezoneOffset();
  const local = new Date(at + offset * 60_000).toISOString().replace("T", " ").slice(0, -1);
  const [hours, minutes] = [Math.floor(Math.abs(offset) / 60), Math.abs(offset) % 60].map((part) =>
    String(part).padStart(2, "0"),
  );
  return `${local} UTC${offset < 0 ? "-" : "+"}${hours}:${minutes}`;
}
