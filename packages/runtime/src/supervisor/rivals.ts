import { type ReeveError, reeveError } from "@reeve/contract";
import type { KnownMember, Members } from "../registry/membership/index.ts";
import type { ServedManager } from "../rpc/remote/endpoint.ts";

interface Watched {
  readonly epoch: number;
  onFenced(error: ReeveError): void;
}

/**
 * Tells an incarnation that another process runs a newer one at its address. Its store would tell it at its next write; one
 * that never writes is told here.
 */
export class Rivals {
  readonly #members: Members;
  readonly #caller: string;
  readonly #watched = new Map<string, Watched>();
  readonly #ignore: () => void;

  /** @param caller this process's own: nobody else's word ends what runs here */
  constructor(members: Members, caller: string) {
    this.#members = members;
    this.#caller = caller;
    this.#ignore = members.onArrived((member) => this.#meet(member));
  }

  /** Tells at once when it is outdone already. Returns how to stop. */
  watch({ contract, address, epoch }: ServedManager, onFenced: Watched["onFenced"]): () => void {
    const { name, major } = contract;
    const place = placeOf(name, address);
    const watched: Watched = { epoch, onFenced };
    this.#watched.set(place, watched);
    const member = this.#members.at(name, major, address);
    if (member) this.#meet(member);
    return () => {
      if (this.#watched.get(place) === watched) this.#watched.delete(place);
    };
  }

  close(): void {
    this.#ignore();
    this.#watched.clear();
  }

  #meet(member: KnownMember): void {
    const { manager, address, epoch, caller, sender, state } = member;
    const here = this.#watched.get(placeOf(manager, address));
    // What drains leaves its address to who is here, even where epochs began anew with an empty store.
    if (!here || here.epoch >= epoch || caller !== this.#caller || state === "draining") return;
    const message =
      `${manager}/${address}: process ${sender} runs it too, with epoch ${epoch} above this one's ${here.epoch}; ` +
      "if both are meant to run, give one of them another host name or backend";
    here.onFenced(reeveError("FENCED", message, { address, data: { epoch: here.epoch, successor: epoch } }));
  }
}

/** Of every version: they share record and epoch. */
function placeOf(manager: string, address: string): string {
  return `${manager}/${address}`;
}
