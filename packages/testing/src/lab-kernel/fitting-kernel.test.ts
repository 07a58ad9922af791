import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fittingKernel } from "./fitting-kernel.ts";
import type { KernelFiles } from "./kernel-files.ts";

vi.setConfig({ testTimeout: 60_000 });

/** What the kernels of Debian 12 (6.1) and 13 (6.12) say on a processor with AMX. */
const cut = `mmapper_init - find_iomem failed
userspace - ptrace set fp regs failed, errno = 14
Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b
CPU: 0 PID: 1 Comm: init Not tainted 6.1.176 #1`;
/** What any kernel says when the first program has ended. */
const started = `Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000000
CPU: 0 UID: 0 PID: 1 Comm: init Not tainted 7.2.7 #1`;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "reeve-fitting-"));
});
afterEach(() => rm(directory, { recursive: true }));

/** A program in a kernel's place, which only says `words`. */
async function kernelThatSays(name: string, words: string, stream: "1" | "2" = "1"): Promise<KernelFiles> {
  const kernel = join(directory, name);
  await writeFile(kernel, `#!/bin/sh\ncat >&${stream} <<'end'\n${words}\nend\nexit 134\n`, { mode: 0o755 });
  return { kernel, modules: directory, path: [], libraries: [] };
}

const notAsked = () => Promise.reject(new Error("nobody should ask for a newer kernel"));

test("a kernel that starts its first program is used as it is", async () => {
  const files = await kernelThatSays("linux.uml", started);
  expect(await fittingKernel(files, notAsked)).toBe(files);
});

test.each(["1", "2"] as const)(
  "where the processor's registers do not fit, as told on stream %s, the newer kernel is used",
  async (stream) => {
    const files = await kernelThatSays("linux.uml", cut, stream);
    const newer = await kernelThatSays("newer", started);
    const asked: KernelFiles[] = [];
    const found = await fittingKernel(files, async (older) => {
      asked.push(older);
      return newer;
    });
    expect(found).toBe(newer);
    expect(asked).toEqual([files]);
  },
);

test("any other panic is left to the first run to tell", async () => {
  const files = await kernelThatSays("linux.uml", cut.replace("errno = 14", "errno = 3"));
  expect(await fittingKernel(files, notAsked)).toBe(files);
});

test("where no newer kernel can be fetched, one sentence names the processor's feature, the reason and what to do", async () => {
  const files = await kernelThatSays("linux.uml", cut);
  const cause = new Error("apt-get -o Dir::State=/tmp/x update: E: Failed to fetch\nE: Could not connect");
  const refused = fittingKernel(files, () => Promise.reject(cause));
  await expect(refused).rejects.toMatchObject({
    message:
      "the lab kernel cannot run on this processor: the processor's registers (XSTATE, which AMX makes large) do not fit into it; let apt-get reach deb.debian.org, with debian-archive-keyring installed, or take a machine without AMX (no newer kernel could be fetched: apt-get update: E: Failed to fetch E: Could not connect)",
    cause,
  });
});

test("where the newer kernel has no room either, that is said", async () => {
  const files = await kernelThatSays("linux.uml", cut);
  const refused = fittingKernel(files, () => kernelThatSays("newer", cut));
  await expect(refused).rejects.toThrow(
    /^the lab kernel cannot run on this processor: .* fit into it, nor into the one of Debian's/,
  );
});
