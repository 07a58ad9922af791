import { type CallOptions, type Page, type PageRequest, type ReeveError, reeveError } from "@reeve/contract";
import { shown } from "../../config/index.ts";

type Request = PageRequest<unknown>;

/**
 * The items of all pages, asked for one page after the other as they are taken.
 *
 * @throws ReeveError `CANCELLED` at the next item when the signal was aborted; what a page fails with
 */
export async function* eachItem(
  name: string,
  pageOf: (request: Request, options: CallOptions | undefined) => Promise<unknown>,
  request: Request = {},
  options?: CallOptions,
): AsyncGenerator<unknown, void, void> {
  if (options?.idempotencyKey !== undefined) {
    throw reeveError("INVALID_OPTION", `${name}.each: idempotencyKey: one key is for one call, and each page is one`);
  }
  let { cursor } = request;
  do {
    const { items, next } = (await pageOf({ ...request, cursor }, options)) as Page<unknown>;
    for (const item of items) {
      if (options?.signal?.aborted) throw left(name, options.signal.reason);
      yield item;
    }
    if (next !== undefined && next === cursor) {
      throw reeveError("INVALID_OUTPUT", `${name}: the page at cursor ${shown(cursor)} names itself as the next`);
    }
    cursor = next;
  } while (cursor !== undefined);
}

/** Between two items nothing is under way. */
function left(name: string, cause: unknown): ReeveError {
  return reeveError("CANCELLED", `${name}.each: cancelled by its caller`, { outcome: "never-sent", cause });
}
