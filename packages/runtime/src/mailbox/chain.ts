/** A link of the chain of calls that led to one: which manager runs it, and which lane it holds there. */
export interface ChainLink {
  /** `manager/address`; empty before the call was delivered. */
  readonly manager: string;
  readonly lane: string | undefined;
  /** The call that awaits this one. */
  readonly parent: ChainLink | undefined;
  /** Its handler has begun and has not ended: it keeps what it holds. */
  readonly running: boolean;
}

/** Whether a call further up the chain runs in the same manager, and so awaits this one there. */
export function runsChainOf({ manager, parent }: ChainLink): boolean {
  for (let link = parent; link; link = link.parent) if (link.running && link.manager === manager) return true;
  return false;
}

/** Whether a call further up the chain holds this one's lane: waiting for it would never end. */
export function holdsLaneOf({ manager, lane, parent }: ChainLink): boolean {
  for (let link = parent; link; link = link.parent)
    if (link.running && link.manager === manager && link.lane === lane) return true;
  return false;
}
