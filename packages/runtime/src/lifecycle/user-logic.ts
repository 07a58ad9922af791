// XState's types, for what the folders above say of users' own actors.
export type { ActorRefFrom, AnyActorLogic, EventFromLogic, EventObject, InputFrom, SnapshotFrom } from "xstate";
