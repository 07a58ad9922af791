import type { LogLine } from "@reeve/runtime/host";
import type { Tone } from "../state/manager-view.ts";

/** From most to least talkative. */
export const lineLevels: readonly LogLine["level"][] = ["debug", "info", "warn", "error"];

export const levelTones: Readonly<Record<LogLine["level"], Tone>> = {
  debug: "quiet",
  info: "good",
  warn: "warn",
  error: "bad",
};
