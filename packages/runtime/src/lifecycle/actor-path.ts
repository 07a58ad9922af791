/** Where an actor is in its tree: the ids from the root's child down. The root is at `[]`. */
export type ActorPath = readonly string[];

export function samePath(left: ActorPath, right: ActorPath): boolean {
  return left.length === right.length && isWithin(left, right);
}

/** Whether it is that actor, or below it. */
export function isWithin(path: ActorPath, above: ActorPath): boolean {
  return above.every((id, depth) => path[depth] === id);
}
