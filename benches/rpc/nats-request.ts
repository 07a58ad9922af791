import { connect, type Msg } from "@nats-io/transport-node";
import { pack, unpack } from "msgpackr";
import { Payload } from "./payload.ts";
import { type Stack, subjects } from "./stack.ts";

const queue = "raw";

/** The floor: `request()` with its multiplexed inbox, callbacks instead of iterators, and no stack captured per request. */
export const natsRequest: Stack = {
  async serve(servers) {
    const connection = await connect({ servers, noAsyncTraces: true });
    const callback = (error: Error | null, message: Msg) => {
      if (error) throw error;
      message.respond(pack(Payload.parse(unpack(message.data))));
    };
    for (let subject = 0; subject < subjects; subject++) connection.subscribe(`raw.${subject}`, { queue, callback });
    await connection.flush();
  },
  async connect(servers) {
    const connection = await connect({ servers, noAsyncTraces: true });
    const options = { timeout: 60_000 };
    return async (payload, subject) =>
      unpack((await connection.request(`raw.${subject}`, pack(payload), options)).data);
  },
};
