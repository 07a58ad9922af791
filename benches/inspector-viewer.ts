import { parentPort, workerData } from "node:worker_threads";

// A person's page, as far as the endpoint can tell: it reads everything. In a thread of its own, as a browser would be.
const socket = new WebSocket(workerData as string);
let messages = 0;
socket.onopen = () => parentPort?.postMessage("watching");
socket.onmessage = ({ data }) => {
  messages += Object.keys(JSON.parse(data as string)).length;
};
parentPort?.on("message", () => {
  socket.close();
  parentPort?.postMessage(messages);
  parentPort?.close();
});
