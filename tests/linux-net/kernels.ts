import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { type LabKernel, labKernel } from "@reeve/testing";

/** Where a program has a network for itself. `flat`: this machine's kernel; `vlan`: one whose bridges tell VLANs apart. */
export type Kernel = "flat" | "vlan";

/** Runs a script of this directory with a network of its own, and tells each line that it prints. */
export async function runOn(
  kernel: Kernel,
  script: string,
  args: readonly string[],
  onLine: (line: string) => void,
): Promise<void> {
  const path = new URL(script, import.meta.url).pathname;
  const command = [process.execPath, "--conditions=reeve-source", path, ...args] as const;
  if (kernel === "vlan") {
    const { status, complaints } = await (await lab()).run(command, { onLine });
    if (status !== 0) throw new Error(`${script} ended with ${status} in the lab kernel: ${complaints.slice(-2000)}`);
    return;
  }
  const child = spawn("unshare", ["-Urnm", "--kill-child", ...command], { stdio: ["ignore", "pipe", "pipe"] });
  let complaints = "";
  child.stderr.on("data", (data) => {
    complaints += data;
  });
  createInterface({ input: child.stdout }).on("line", onLine);
  const [status, signal] = (await once(child, "close")) as [number | null, string | null];
  if (status !== 0) throw new Error(`${script} ended with ${status ?? signal}: ${complaints.slice(-2000)}`);
}

let found: Promise<LabKernel> | undefined;
const lab = () => (found ??= labKernel());

/** Why a kernel cannot be had here; undefined when it can. On a CI machine that is for the test to find out, and to fail. */
export async function whyNot(kernel: Kernel): Promise<string | undefined> {
  if (process.env.CI) return undefined;
  if (process.platform !== "linux") return "this is no Linux";
  if (kernel === "vlan") return lab().then(...reasons);
  const probe = "ip link add name probe type bridge && mount -t tmpfs none /run";
  const child = spawn("unshare", ["-Urnm", "sh", "-c", probe], { stdio: "ignore" });
  return once(child, "exit").then(
    ([status]) =>
      status === 0 ? undefined : "no network namespace with bridges of our own can be had, or there is no iproute2",
    (error: Error) => error.message,
  );
}

const reasons = [() => undefined, (error: Error) => error.message] as const;
