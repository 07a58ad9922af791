import type { CommandFault } from "@reeve/driver-sdk/conformance";
import { type Ended, localMachine, type Machine, type RunOptions } from "@reeve/linux-net";

interface Armed {
  at: number;
  readonly fault: CommandFault;
  readonly abort: () => void;
  struck: boolean;
}

/** This machine, whose n-th program can be struck; a program is a command, whatever its batch holds. */
export class StruckMachine implements Machine {
  readonly #machine = localMachine();
  #armed: Armed | undefined;
  #runs = 0;
  #restarts = 0;
  /** Whether programs cannot be started. */
  unreachable = false;
  /** Told before each program is started. */
  onRun: ((n: number) => void) | undefined;

  get runs(): number {
    return this.#runs;
  }

  arm(at: number, fault: CommandFault, abort: () => void): { readonly struck: boolean; disarm(): void } {
    const armed: Armed = { at: this.#runs + at, fault, abort, struck: false };
    this.#armed = armed;
    return {
      get struck() {
        return armed.struck;
      },
      disarm: () => {
        if (this.#armed === armed) this.#armed = undefined;
      },
    };
  }

  async run(program: string, args: readonly string[], options: RunOptions): Promise<Ended> {
    this.#runs += 1;
    this.onRun?.(this.#runs);
    const armed = this.#armed;
    if (armed?.at !== this.#runs) return this.#start(program, args, options);
    armed.struck = true;
    this.#armed = undefined;
    switch (armed.fault) {
      case "abort":
        armed.abort();
        return this.#start(program, args, options);
      case "refused":
        return { status: 1, stdout: "", stderr: "RTNETLINK answers: Struck\nCommand failed -:1\n" };
      case "lost":
        await this.#start(program, args, options);
        return { status: 1, stdout: "", stderr: "the answer was lost" };
      case "silent":
        await this.#start(program, args, options);
        armed.abort();
        return { status: undefined, stdout: "", stderr: "" };
    }
  }

  #start(program: string, args: readonly string[], options: RunOptions): Promise<Ended> {
    return this.#machine.run(this.unreachable ? `${program}-that-is-not-there` : program, args, options);
  }

  write(path: string, text: string): Promise<void> {
    return this.#machine.write(path, text);
  }

  /** Says that the host has booted anew. */
  restarted(): void {
    this.#restarts += 1;
  }

  async incarnation(): Promise<string> {
    return `${await this.#machine.incarnation()}/${this.#restarts}`;
  }
}
