import type {
  StatelyActorEvent,
  StatelyEventEvent,
  StatelyInspectionEvent,
  StatelySnapshotEvent,
} from "@statelyai/inspect";
import { expectTypeOf, test } from "vitest";
import type { StatelyActorFrame, StatelyEventFrame, StatelyFrame, StatelySnapshotFrame } from "./stately-frame.ts";

test("each frame is one of the official package's", () => {
  expectTypeOf<StatelyActorFrame>().toExtend<StatelyActorEvent>();
  expectTypeOf<StatelyEventFrame>().toExtend<StatelyEventEvent>();
  expectTypeOf<StatelySnapshotFrame>().toExtend<StatelySnapshotEvent>();
  expectTypeOf<StatelyFrame>().toExtend<StatelyInspectionEvent>();
});
