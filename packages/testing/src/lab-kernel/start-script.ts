/** Node shares rings with the kernel, and Linux 7.2 as User Mode Linux loses count of their pages when it forks: it panics later on. */
const ringSetting = "/proc/sys/kernel/io_uring_disabled";

/** What is started as the lab's first process. */
export interface StartOptions {
  readonly command: readonly string[];
  readonly directory: string;
  readonly env: Readonly<Record<string, string>>;
  /** Kernel modules to load from `moduleRoot`. */
  readonly modules: readonly string[];
  readonly moduleRoot: string;
  /** Directories of the host that can be written to; all others cannot. */
  readonly writable: readonly string[];
}

/** Begins the line by which a lab tells how its command ended: an exit status does not leave it by itself. */
export const exitMark = "lab: the command ended with ";

/**
 * The script that a lab runs as process 1. The command's standard output goes to a terminal of its own, so that what the kernel
 * and the command complain of is never taken for it.
 */
export function startScript({ command, directory, env, modules, moduleRoot, writable }: StartOptions): string {
  return `#!/bin/sh
set -e
mount -t proc proc /proc
mount -t sysfs sysfs /sys
if [ -e ${ringSetting} ]; then echo 2 >${ringSetting}; fi
mount -t tmpfs tmpfs /run
mkdir -p /dev/shm /dev/pts /run/tmp /run/home
mount -t tmpfs tmpfs /dev/shm
mount -t devpts devpts /dev/pts
ln -sf /proc/self/fd /dev/fd
${writable.map((folder) => `mount -t hostfs -o ${quoted(folder)} none ${quoted(folder)}`).join("\n")}
stty -F /dev/tty1 raw
stty -F /dev/tty0 raw
${Object.entries(env)
  .map(([name, value]) => `export ${name}=${quoted(value)}`)
  .join("\n")}
modprobe -d ${quoted(moduleRoot)} -a ${modules.join(" ")}
ip link set lo up
cd ${quoted(directory)}
status=0
${command.map(quoted).join(" ")} </dev/null >/dev/tty1 2>/dev/tty0 || status=$?
echo "${exitMark}$status"
sync
echo o >/proc/sysrq-trigger
sleep 60
`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
