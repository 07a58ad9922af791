import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { type LabKernel, labKernel } from "@reeve/testing";

/** What a script's network is like. `flat`: any kernel will do. `vlan`: the kernel's bridges tell VLANs apart. */
export type Kernel = "flat" | "vlan";

/**
 * Runs a script of this directory with a network of its own, and tells each line that it prints: in a namespace of this machine's
 * kernel where one can be had and is enough, else in a lab kernel.
 */
export async function runOn(
  kernel: Kernel,
  script: string,
  args: readonly string[],
  onLine: (line: string) => void,
): Promise<void> {
  const path = new URL(script, import.meta.url).pathname;
  const command = [process.execPath, "--conditions=reeve-source", path, ...args] as const;
  const way = kernel === "vlan" ? undefined : await namespaced();
  if (!way) {
    const { status, complaints } = await (await lab()).run(command, { onLine });
    if (status !== 0) throw new Error(`${script} ended with ${status} in the lab kernel: ${complaints.slice(-2000)}`);
    return;
  }
  const child = spawn("unshare", [...way, "--kill-child", ...command], { stdio: ["ignore", "pipe", "pipe"] });
  let complaints = "";
  child.stderr.on("data", (data) => {
    complaints += data;
  });
  createInterface({ input: child.stdout }).on("line", onLine);
  const [status, signal] = (await once(child, "close")) as [number | null, string | null];
  if (status !== 0) throw new Error(`${script} ended with ${status ?? signal}: ${complaints.slice(-2000)}`);
}

/** Root in a user namespace, or root as it is, with a network and mounts that nobody else sees. */
const ways: readonly (readonly string[])[] = [["-Urnm"], ["-nm"]];

let found: Promise<LabKernel> | undefined;
const lab = () => {
  found ??= labKernel();
  return found;
};

let probed: Promise<readonly string[] | undefined> | undefined;
/** How this machine lets us have network namespaces with bridges, and iproute2 in them; undefined when it does not. */
function namespaced(): Promise<readonly string[] | undefined> {
  probed ??= (async () => {
    for (const way of ways) if (await grants(way)) return way;
    console.log("linux-net: this machine refuses network namespaces; flat cases run in a lab kernel too, for minutes");
    return undefined;
  })();
  return probed;
}

function grants(way: readonly string[]): Promise<boolean> {
  const probe = "ip link add name probe type bridge && mount -t tmpfs none /run";
  return once(spawn("unshare", [...way, "sh", "-c", probe], { stdio: "ignore" }), "exit").then(
    ([status]) => status === 0,
    () => false,
  );
}

/**
 * Why a kernel cannot be had here; undefined when it can. On a CI machine that is for the test to find out, and to fail, but for a
 * processor that no kernel at hand runs on.
 */
export async function whyNot(kernel: Kernel): Promise<string | undefined> {
  if (kernel === "flat" && (await namespaced())) return undefined;
  return lab().then(
    () => undefined,
    ({ message }: Error) => (process.env.CI && !message.includes("cannot run on this processor") ? undefined : message),
  );
}
