import { type CallOptions, type Page, type PageRequest, reeveError } from "@reeve/contract";
import { shown } from "../config/index.ts";

type Request = PageRequest<unknown>;

/** The items of all pages, asked for one page after the other as they are taken. */
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
    yield* items;
    if (next !== undefined && next === cursor) {
      throw reeveError("INVALID_OUTPUT", `${name}: the page at cursor ${shown(cursor)} names itself as the next`);
    }
    cursor = next;
  } while (cursor !== undefined);
}
