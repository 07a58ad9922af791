import type { Step } from "../step.ts";
import { attach } from "./attach.ts";
import { build } from "./build.ts";
import { clear } from "./clear.ts";
import { drain } from "./drain.ts";
import { kill } from "./kill.ts";
import { reload } from "./reload.ts";
import { start } from "./start.ts";
import { switches } from "./switches.ts";
import { wipe } from "./wipe.ts";

/** The story, in order. */
export const steps: readonly Step[] = [start, build, attach, switches, kill, reload, wipe, clear, drain];
