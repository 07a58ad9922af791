import { FairMap } from "../../../base/fair-map.ts";
import { CallingProcess } from "./calling-process.ts";

const maxProcesses = 10_000;
/** A token may stand for many processes: of those that give no name, every command line is one. */
const maxProcessesPerCaller = 1_000;

/** The processes that have called this one lately. One that is forgotten only has to be measured anew. */
export class CallingProcesses {
  readonly #processes = new FairMap<CallingProcess>({ inAll: maxProcesses, perOwner: maxProcessesPerCaller });

  /** Whoever leads that conversation: its prefix without the secret. */
  of(conversation: string, caller: string): CallingProcess {
    return this.get(conversation.slice(0, conversation.lastIndexOf(".")), caller);
  }

  /** @param prefix what all reply subjects of the process begin with */
  get(prefix: string, caller: string): CallingProcess {
    let process = this.#processes.use(prefix);
    if (!process) {
      process = new CallingProcess(caller);
      this.#processes.set(prefix, caller, process);
    }
    process.heard();
    return process;
  }
}
