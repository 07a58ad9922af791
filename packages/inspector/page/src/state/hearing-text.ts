import type { Hearing } from "../../../src/hearing.ts";
import type { Tone } from "./manager-view.ts";

const texts: Readonly<Record<Hearing["is"], string>> = {
  current: "current",
  silent: "silent",
  lost: "lost",
  unreachable: "unreachable",
  foreign: "speaks another version",
  stopped: "stopped",
  gaveUp: "gave up",
};

const tones: Readonly<Record<Hearing["is"], Tone>> = {
  current: "good",
  silent: "unknown",
  lost: "lost",
  unreachable: "unknown",
  foreign: "unknown",
  stopped: "quiet",
  gaveUp: "bad",
};

/** How a host is, in a word or three. */
export function hearingText({ is }: Hearing): string {
  return texts[is];
}

export function hearingTone({ is }: Hearing): Tone {
  return tones[is];
}
