import { reeveError } from "@reeve/contract";

/** Stands for a handle that the definition does not ask for: any use says which option is missing. */
export function missing(option: string, manager: string): any {
  const fail = () => {
    throw reeveError(
      "INVALID_OPTION",
      `manager ${manager}: uses a handle that needs the option ${JSON.stringify(option)} of defineManager`,
    );
  };
  // Promises are asked for `then`, loggers for symbols: only the manager's own use is a mistake.
  return new Proxy(
    {},
    { get: (_, name) => (typeof name === "symbol" || name === "then" ? undefined : fail()), set: fail },
  );
}
