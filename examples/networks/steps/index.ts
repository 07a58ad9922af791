import type { Step } from "../step.ts";
import { attach } from "./attach.ts";
import { build } from "./build.ts";
import { clear } from "./clear.ts";
import { drain } from "./drain.ts";
import { heal } from "./heal.ts";
import { kill } from "./kill.ts";
import { reload } from "./reload.ts";
import { start } from "./start.ts";
import { switches } from "./switches.ts";
import { wipe } from "./wipe.ts";

/** The story, in order: while a switch is on its way back, the kernel has its accident. */
export const steps: readonly Step[] = [start, build, attach, switches, kill, reload, wipe, heal, clear, drain];
