import "reflect-metadata";
import { Controller, Module } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { ClientProxyFactory, MessagePattern, type MicroserviceOptions, Transport } from "@nestjs/microservices";
import { firstValueFrom } from "rxjs";
import { Payload } from "./payload.ts";
import { type Stack, subjects } from "./stack.ts";

const patterns = Array.from({ length: subjects }, (_, subject) => `echo.${subject}`);

class EchoController {
  echo(payload: unknown): Payload {
    return Payload.parse(payload);
  }
}
// Written out: this file is run by stripping its types, which leaves no decorators.
const echo = Object.getOwnPropertyDescriptor(EchoController.prototype, "echo")!;
MessagePattern(patterns)(EchoController.prototype, "echo", echo);
Controller()(EchoController);

class EchoModule {}
Module({ controllers: [EchoController] })(EchoModule);

/** As it comes, without a time-out, which it leaves to operators of RxJS; what comes in is parsed by the handler. */
export const nest: Stack = {
  async serve(url) {
    const options = { servers: [url], queue: "echo", noAsyncTraces: true };
    const service = await NestFactory.createMicroservice<MicroserviceOptions>(EchoModule, {
      transport: Transport.NATS,
      options,
      logger: false,
    });
    await service.listen();
  },
  async connect(url) {
    const options = { servers: [url], noAsyncTraces: true };
    const client = ClientProxyFactory.create({ transport: Transport.NATS, options });
    await client.connect();
    return (payload, subject) => firstValueFrom(client.send<Payload, Payload>(patterns[subject]!, payload));
  },
};
