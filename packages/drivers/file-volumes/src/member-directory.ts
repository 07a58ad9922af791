import { link, lstat, mkdir, open, rename, rm, rmdir } from "node:fs/promises";
import { DriverError, type DriverLog, type DriverOwner, type Fenced } from "@reeve/driver-sdk";
import { dissolve, dissolveFenced, listMembers, servedFrom } from "./dissolve.ts";
import { errnoOf, fileError } from "./file-error.ts";
import { uniqueName } from "./image-name.ts";
import { fenceName, membersName, sessionName } from "./member-name.ts";
import type { Allocation } from "./options.ts";
import { extensionName, growOnly } from "./pending-extension.ts";
import type { Root } from "./root.ts";
import type { Growth, Workspace } from "./workspace.ts";

export interface Joining {
  readonly owner: DriverOwner | undefined;
  readonly epoch: number;
  readonly allocation: Allocation;
  readonly signal: AbortSignal;
  readonly log: DriverLog;
}

/**
 * The directory of one session in a root that several processes have. What the session makes lies in it until it is linked
 * into the root, and what it deletes is moved into it first. Without its directory a session can change nothing any more,
 * whatever it is in the middle of; so that is what a fence takes away.
 */
export class MemberDirectory implements Workspace {
  readonly path: string;
  readonly #root: Root;
  readonly #self: Fenced;
  readonly #name: string;
  readonly #joining: Joining;

  private constructor(root: Root, self: Fenced, joining: Joining) {
    this.#root = root;
    this.#self = self;
    this.#joining = joining;
    this.#name = sessionName(self);
    this.path = root.file(membersName, this.#name);
  }

  /**
   * Makes the directory of a session, and ends those of lower epochs at its address.
   *
   * @throws DriverError `ABORTED`, not retryable, when the session is fenced already
   */
  static async open(root: Root, joining: Joining): Promise<MemberDirectory> {
    const { owner, epoch, signal } = joining;
    if (!owner)
      throw new DriverError("FAILED_PRECONDITION", `root ${root.path}: shared: expected an owner at set-up, got none`);
    const self = { address: owner.address, epoch };
    const directory = new MemberDirectory(root, self, joining);
    try {
      await mkdir(root.file(membersName), { mode: 0o700 }).catch((error) => {
        if (errnoOf(error) !== "EEXIST") throw error;
      });
      await mkdir(directory.path, { mode: 0o700 });
      try {
        // After its directory is there: a fence lists the directories after it has been written down, so one of the two is seen.
        const served = servedFrom(await listMembers(root)).get(self.address) ?? 0;
        if (served > epoch) throw notServed(root, self, served);
        await directory.fence(self, signal);
        await directory.#tryGrowing();
        return directory;
      } catch (error) {
        const fenced = await directory.verify().catch((cause: unknown) => cause);
        await rmdir(directory.path).catch(() => {});
        throw fenced ?? error;
      }
    } catch (error) {
      throw fileError(`root ${root.path}: ${membersName}`, error);
    }
  }

  file(name: string): string {
    return this.#root.file(membersName, this.#name, name);
  }

  async verify(): Promise<void> {
    await this.#root.verify();
    try {
      await lstat(this.path);
    } catch (error) {
      throw errnoOf(error) === "ENOENT" ? this.#fenced() : fileError(this.path, error);
    }
  }

  async remove(name: string): Promise<void> {
    if ((await this.#root.sizeOf(name)) === undefined) return;
    const removed = this.file(uniqueName(name, "deleted"));
    try {
      await rename(this.#root.file(name), removed);
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") throw error;
      // Either of the two is not there.
      return this.verify();
    }
    await rm(removed, { force: true });
  }

  async grow(growth: Growth): Promise<void> {
    const { name, file, bytes } = growth;
    const pending = this.file(extensionName(name, bytes));
    await link(this.#root.file(name), pending).catch(async (error) => {
      if (errnoOf(error) !== "ENOENT") throw error;
      await this.verify();
      throw new DriverError("NOT_FOUND", `${name} was deleted meanwhile`, { cause: error });
    });
    try {
      await growOnly(growth);
      await file.sync();
    } finally {
      await rm(pending, { force: true });
    }
  }

  async fence(fenced: Fenced, signal: AbortSignal): Promise<void> {
    const { allocation, log } = this.#joining;
    try {
      await this.#writeDown(fenced);
      await dissolveFenced(this.#root, { allocation, signal, log });
      await this.#root.sync(membersName);
    } catch (error) {
      await this.verify();
      throw fileError(`root ${this.#root.path}: ${membersName}`, error);
    }
  }

  async close(): Promise<void> {
    const { allocation, log } = this.#joining;
    await dissolve(this.#root, this.#name, { allocation, log, signal: new AbortController().signal });
  }

  /** Through the session's own directory: one that was fenced writes no fence either. */
  async #writeDown(fenced: Fenced): Promise<void> {
    const known = (await listMembers(this.#root)).filter(
      ({ kind, address }) => kind === "fence" && address === fenced.address,
    );
    if (!known.some(({ epoch }) => epoch >= fenced.epoch)) {
      const made = this.file(uniqueName("fence", "made"));
      await (await open(made, "wx", 0o600)).close();
      await rename(made, this.#root.file(membersName, fenceName(fenced)));
      await this.#root.sync(membersName);
    }
    // Before sessions are listed: one that has found neither this fence nor the one before was there by then.
    for (const { name, epoch } of known)
      if (epoch < fenced.epoch) await rm(this.#root.file(membersName, name), { force: true });
  }

  /** @throws DriverError `UNIMPLEMENTED` where an extension could not be finished by whoever fences */
  async #tryGrowing(): Promise<void> {
    const path = this.file(uniqueName("growing", "tried"));
    const file = await open(path, "wx", 0o600);
    try {
      await growOnly({ file, bytes: 1, allocation: "sparse", signal: this.#joining.signal });
    } finally {
      await file.close();
      await rm(path, { force: true });
    }
  }

  #fenced(): DriverError {
    const { address, epoch } = this.#self;
    return new DriverError(
      "ABORTED",
      `root ${this.#root.path}: the session of ${address} in epoch ${epoch} was fenced by another process, or is closed`,
      { retryable: false, data: { address, epoch } },
    );
  }
}

function notServed(root: Root, { address, epoch }: Fenced, served: number): DriverError {
  const word = root.file(membersName, fenceName({ address, epoch: served }));
  return new DriverError(
    "ABORTED",
    `root ${root.path}: ${address} was fenced, and is served from epoch ${served} on, got ${epoch}; where its store was replaced or restored, remove ${word} once no process of before runs`,
    { retryable: false, data: { address, epoch, served } },
  );
}
