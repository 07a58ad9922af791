import type { RackStep } from "../rack-step.ts";
import { anywhere } from "./anywhere.ts";
import { create } from "./create.ts";
import { cutBroker } from "./cut-broker.ts";
import { deferred } from "./deferred.ts";
import { keepCasts } from "./keep-casts.ts";
import { killDatabase } from "./kill-database.ts";
import { killScheduler } from "./kill-scheduler.ts";
import { killStorage } from "./kill-storage.ts";
import { start } from "./start.ts";
import { stop } from "./stop.ts";
import { takeOver } from "./take-over.ts";

/** The story, in order. */
export const steps: readonly RackStep[] = [
  start,
  create,
  anywhere,
  killStorage,
  killScheduler,
  killDatabase,
  cutBroker,
  takeOver,
  keepCasts,
  deferred,
  stop,
];
