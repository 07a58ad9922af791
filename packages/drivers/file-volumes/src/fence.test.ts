import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { lstat, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { DriverSession } from "@reeve/driver-sdk";
import { expect, onTestFinished, test, vi } from "vitest";
import { fileVolumes } from "./file-volumes.ts";
import { scratchDirectory } from "./scratch.fixture.ts";
import { callWith } from "./session.fixture.ts";

vi.setConfig({ testTimeout: 120_000 });
const sizeGiB = 1 / 1024;
const address = "member-1@ssd";

async function scratchRoot(): Promise<string> {
  const root = await scratchDirectory();
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  return root;
}

/** The member that lives on, and fences. */
async function survivor(root: string, allocation: "sparse" | "full"): Promise<DriverSession> {
  const owner = { host: "member-2", address: "member-2@ssd", manager: "volume", cluster: "rack-a" };
  const session = await fileVolumes({ root, allocation, shared: true }).setup({ ...callWith(), owner });
  onTestFinished(() => session.close());
  return session;
}

/** A process that stops itself in the middle of what it is told to do. */
class Pausing {
  readonly #child;
  readonly #lines;

  constructor(root: string, allocation: string) {
    const script = join(import.meta.dirname, "paused-at-step.fixture.ts");
    this.#child = spawn(process.execPath, ["--conditions=reeve-source", script, root, allocation], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    onTestFinished(async () => {
      const exited = once(this.#child, "exit");
      this.#child.kill("SIGKILL");
      await exited;
    });
  }

  begin(epoch: number, step: number, operation: string, input: object): void {
    this.#child.stdin.write(`${JSON.stringify([epoch, step, operation, input])}\n`);
  }

  /** What it is stopped before; undefined when it has come to its end before that step. */
  async stopped(answer: Promise<unknown>): Promise<string | undefined> {
    const [step] = await Promise.race([once(this.#child.stderr, "data"), answer.then(() => [undefined])]);
    if (step === undefined) return undefined;
    await vi.waitFor(async () => expect(await this.#state()).toBe("T"), { timeout: 10_000, interval: 1 });
    return String(step).trim();
  }

  goOn(): void {
    this.#child.kill("SIGCONT");
  }

  async answer(): Promise<{ steps: number; outcome: string }> {
    const { value } = await this.#lines.next();
    return JSON.parse(value!);
  }

  async #state(): Promise<string | undefined> {
    const stat = await readFile(`/proc/${this.#child.pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2)[0];
  }
}

/** Every file of the root but of locks and probes: name, size, content and, by its inode, which file it is. */
async function picture(root: string): Promise<string[]> {
  const names = (await readdir(root, { recursive: true })).filter((name) => !/^\.reeve-(lock|holder)/.test(name));
  const lines = names.map(async (name) => {
    const found = await lstat(join(root, name));
    if (!found.isFile()) return `${name} (no file)`;
    const content = createHash("sha256").update(await readFile(join(root, name)));
    return `${name} ${found.ino} ${found.nlink} ${found.size} ${content.digest("hex")}`;
  });
  return (await Promise.all(lines)).sort();
}

interface Paused {
  readonly operation: string;
  /** Among the steps that it is stopped before. */
  readonly steps: readonly string[];
  readonly input: (id: string) => object;
  /** What the survivor does once it has fenced, as recovery and users do. */
  readonly afterwards?: (session: DriverSession, id: string) => Promise<unknown>;
  /** What the survivor makes first. */
  readonly prepare?: (session: DriverSession, id: string) => Promise<unknown>;
}

const make = (session: DriverSession, id: string) =>
  session.methods.create!({ id, sizeGiB }, callWith()) as Promise<void>;
/** Unless it was made before the fence. */
const again = (session: DriverSession, id: string) =>
  make(session, id).catch((error) => expect(error).toMatchObject({ code: "ALREADY_EXISTS" }));
const snapshotOf = (id: string) => ({ id: `${id}-s`, volumeId: id });

const operations: readonly Paused[] = [
  { operation: "setup", steps: ["mkdir", "readdir", "open", "rename", "link"], input: () => ({}) },
  {
    operation: "create",
    steps: ["open", "truncate", "sync", "link", "rm"],
    afterwards: again,
    input: (id) => ({ id, sizeGiB }),
  },
  {
    operation: "clones.clone",
    steps: ["open", "truncate", "sync", "link", "rm"],
    prepare: make,
    input: (id) => ({ id: `${id}-c`, sizeGiB, from: { kind: "volume", id }, independent: true }),
  },
  {
    operation: "snapshots.create",
    steps: ["open", "truncate", "sync", "link", "rm"],
    prepare: make,
    input: snapshotOf,
  },
  {
    operation: "snapshots.delete",
    steps: ["rename", "rm"],
    prepare: async (session, id) => {
      await make(session, id);
      await session.abilities.snapshots!.create!(snapshotOf(id), callWith());
    },
    input: snapshotOf,
  },
  { operation: "delete", steps: ["rename", "rm"], prepare: make, input: (id) => ({ id }) },
  {
    operation: "extend",
    steps: ["open", "link", "spawn", "sync", "rm"],
    prepare: make,
    // A late truncation would take away what this adds.
    afterwards: (session, id) => session.methods.extend!({ id, sizeGiB: 3 * sizeGiB }, callWith()) as Promise<void>,
    input: (id) => ({ id, sizeGiB: 2 * sizeGiB }),
  },
  {
    operation: "images.import",
    steps: ["open", "truncate", "write", "sync", "link", "rm"],
    afterwards: again,
    input: (id) => ({ id, sizeGiB, content: "what was imported" }),
  },
  { operation: "images.export", steps: ["open", "read"], prepare: make, input: (id) => ({ kind: "volume", id }) },
];

const ways = operations.flatMap(({ operation }) => [[operation, "sparse"] as const]);

test.for([...ways, ["extend", "full"] as const])(
  "a process that is paused before any step of %s, fenced and let go on changes nothing (%s)",
  async ([operation, allocation], { expect }) => {
    const { input, prepare, afterwards, steps } = operations.find((one) => one.operation === operation)!;
    const root = await scratchRoot();
    const other = await survivor(root, allocation);
    const process = new Pausing(root, allocation);
    const met: string[] = [];
    for (let step = 1; ; step++) {
      const id = `v${step}`;
      await prepare?.(other, id);
      process.begin(2 * step, step, operation, input(id));
      const answer = process.answer();
      const before = await process.stopped(answer);
      if (before === undefined) {
        expect(await answer).toMatchObject({ outcome: "done", steps: step - 1 });
        break;
      }
      met.push(before);
      await other.fence!({ address, epoch: 2 * step + 1 }, callWith());
      await afterwards?.(other, id);
      const fenced = await picture(root);
      // The inventory that recovery goes by.
      const listed = await other.methods.list!(undefined, callWith());
      process.goOn();
      const { outcome } = await answer;
      expect(await picture(root), `step ${step}, ${before}: ${outcome}`).toEqual(fenced);
      // Done: it took effect before the fence, or changes nothing.
      expect(outcome).toMatch(/^done$|DriverError: .* was fenced/);
      expect(await other.methods.list!(undefined, callWith())).toEqual(listed);
      expect(listed).toMatchObject({ leftovers: [] });
    }
    expect(met).toEqual(expect.arrayContaining([...steps]));
  },
);
