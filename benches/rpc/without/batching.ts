export {
  entryWeight,
  envelopeVersion,
  maxBatchBytes,
  maxDepth,
  maxElements,
  progressWindow,
} from "../../../packages/runtime/src/rpc/wire/limits.ts";

/** One frame to a message, each way: an answer comes to the subject that its call's message named. */
export const maxFrames = 1;
