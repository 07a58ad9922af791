import { ReeveError } from "@reeve/contract";
import { systemClock } from "../../base/clock.ts";
import { sqlite } from "./index.ts";

/** Takes a store file, tells on stdout whether it got it, and keeps it until its stdin ends. */
try {
  const connections = await sqlite({ path: process.argv[2]! }).open({ clock: systemClock });
  process.stdout.write("held\n");
  process.stdin.resume().once("end", () => void connections.close());
} catch (error) {
  process.stdout.write(error instanceof ReeveError ? `${error.reason}\n` : `${error}\n`);
}
