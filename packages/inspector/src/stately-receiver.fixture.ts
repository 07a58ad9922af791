import { createWebSocketReceiver } from "@statelyai/inspect";

// The official receiver in a process of its own, as whoever uses it would run it: prints each frame on a line.
const [, , server] = process.argv;
createWebSocketReceiver({ server: server! }).subscribe((frame) => console.log(JSON.stringify(frame)));
