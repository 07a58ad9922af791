import type { Step } from "../step.ts";
import { copy } from "./copy.ts";
import { crash } from "./crash.ts";
import { create } from "./create.ts";
import { drain } from "./drain.ts";
import { extend } from "./extend.ts";
import { fill } from "./fill.ts";
import { killProcess } from "./kill-process.ts";
import { loseDriver } from "./lose-driver.ts";
import { reset } from "./reset.ts";
import { snapshot } from "./snapshot.ts";
import { start } from "./start.ts";

/** The story, in order. */
export const steps: readonly Step[] = [
  start,
  create,
  fill,
  extend,
  snapshot,
  copy,
  loseDriver,
  crash,
  killProcess,
  reset,
  drain,
];
