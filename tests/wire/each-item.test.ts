import { call, contract, paged } from "@reeve/contract";
import { describe, expect, expectTypeOf, test } from "vitest";
import { z } from "zod";
import { transports, useHouse } from "./broker.ts";

const Item = z.object({ id: z.number(), odd: z.boolean() });
const things = contract("thing", "1.0", {
  list: paged({ filter: z.object({ odd: z.boolean().optional() }), item: Item }),
  plain: call({ input: z.object({}), output: z.string() }),
});
const all = Array.from({ length: 25 }, (_, id) => ({ id, odd: id % 2 === 1 }));

interface Query {
  readonly filter?: { readonly odd?: boolean | undefined } | undefined;
  readonly limit: number;
  readonly cursor?: string | undefined;
}

async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe.each(transports)("all items of a paged operation, %s", (name) => {
  const house = useHouse(name);

  async function listing(pageOf = page) {
    const asked: Query[] = [];
    const host = await house.host("shelf");
    await host.serve(things, {
      operations: {
        list: (query: Query) => {
          asked.push(query);
          return pageOf(query);
        },
        plain: () => "",
      },
    });
    return { ref: (await house.host("reader")).ref(things), asked };
  }

  function page({ filter, limit, cursor }: Query): unknown {
    const found = all.filter(({ odd }) => filter?.odd === undefined || odd === filter.odd);
    const from = Number(cursor ?? 0);
    const items = found.slice(from, from + limit);
    return from + limit < found.length ? { items, next: String(from + limit) } : { items };
  }

  test("they come one by one, page after page; next goes back as the cursor", async () => {
    const { ref, asked } = await listing();
    expect(await allOf(ref.list.each())).toEqual(all);
    expect(await allOf(ref.list.each({ limit: 10 }))).toEqual(all);
    expect(asked.map(({ cursor }) => cursor)).toEqual([undefined, undefined, "10", "20"]);
    const first = await ref.list({ limit: 20 });
    const second = await ref.list({ limit: 20, cursor: first.next });
    expect([...first.items, ...second.items]).toEqual(all);
    expect((await ref.list({ cursor: second.next })).items).toHaveLength(25);
    expect((await allOf(ref.at("shelf").list.each({ cursor: "20" }))).map(({ id }) => id)).toEqual([
      20, 21, 22, 23, 24,
    ]);
    expectTypeOf(first.items[0]!).toEqualTypeOf<{ id: number; odd: boolean }>();
    expectTypeOf(ref.plain).not.toHaveProperty("each");
  });

  test("a filter goes with every page", async () => {
    const { ref, asked } = await listing();
    const items = await allOf(ref.list.each({ filter: { odd: true }, limit: 5 }));
    expect(items).toEqual(all.filter(({ odd }) => odd));
    expect(asked.map(({ filter }) => filter)).toEqual([{ odd: true }, { odd: true }, { odd: true }]);
  });

  test("a page is asked for when it is needed: nothing before the loop, and nothing after it was left", async () => {
    const { ref, asked } = await listing();
    const each = ref.list.each({ limit: 10 });
    expect(asked).toHaveLength(0);
    for await (const { id } of each) if (id === 12) break;
    expect(asked).toHaveLength(2);
    expect(await each.next()).toEqual({ done: true, value: undefined });
    expect(asked).toHaveLength(2);
  });

  test("what a page fails with is thrown after all items before it", async () => {
    const { ref } = await listing((query) => {
      if (query.cursor === "20") throw new Error("the third shelf is broken");
      return page(query);
    });
    const got: number[] = [];
    const read = async () => {
      for await (const { id } of ref.list.each({ limit: 10 })) got.push(id);
    };
    await expect(read()).rejects.toMatchObject({ reason: "UNDECLARED" });
    expect(got).toHaveLength(20);
  });

  test("an aborted signal ends it at the next item", async () => {
    const { ref } = await listing();
    const leaving = new AbortController();
    const got: number[] = [];
    const read = async () => {
      for await (const { id } of ref.list.each({ limit: 10 }, { signal: leaving.signal, timeout: "10s" })) {
        got.push(id);
        if (id === 3) leaving.abort();
      }
    };
    await expect(read()).rejects.toMatchObject({ reason: "CANCELLED" });
    expect(got).toHaveLength(4);
  });

  test("a page that names itself as the next is an error, not a loop without end", async () => {
    const { ref } = await listing(() => ({ items: [], next: "0" }));
    await expect(allOf(ref.list.each())).rejects.toMatchObject({ reason: "INVALID_OUTPUT" });
  });

  test("a key is refused: each page is a call of its own", async () => {
    const { ref } = await listing();
    const each = ref.list.each({}, { idempotencyKey: "k" } as never);
    await expect(each.next()).rejects.toMatchObject({ reason: "INVALID_OPTION" });
  });
});
