export { HostCasts, type IncarnationCasts } from "./host-casts.ts";
