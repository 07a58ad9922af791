export { HostCasts, type IncarnationCasts } from "./host-casts.ts";
export type { CastPage, CastVerdict, ListedCast, OperatedCasts } from "./operated-casts.ts";
