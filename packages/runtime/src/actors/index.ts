export type { HeldPage } from "./actor-rows.ts";
export type { ActorRow, ActorStatus } from "./actor-store.ts";
export {
  type Actors,
  actorsOf,
  type FoundActor,
  type InTransaction,
  type KeepActorOptions,
  type KeptActor,
  type SentEvent,
  type SpawnActorOptions,
} from "./actors.ts";
export { type ActorFailure, KeptActors } from "./kept-actors.ts";
export type { KeptMachineOptions, OnActorError } from "./machines.ts";
export { SpawnedActors } from "./spawned-actors.ts";
