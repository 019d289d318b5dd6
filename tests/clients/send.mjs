// Sends a handful of events with Segment's own client: node send.mjs HOST WRITE_KEY
import { Analytics } from "@segment/analytics-node";

const [, , host, writeKey] = process.argv;
const analytics = new Analytics({ host, writeKey, maxEventsInBatch: 10 });
analytics.on("error", (error) => {
  console.error(error);
  process.exitCode = 1;
});
analytics.identify({ userId: "node-1", traits: { email: "node@example.com", firstName: "Noel" } });
for (let index = 0; index < 25; index += 1) {
  analytics.track({ userId: "node-1", event: "Product Viewed", properties: { product_id: `p${index}`, price: index + 0.5 } });
}
analytics.page({ anonymousId: "node-visitor", name: "Home" });
analytics.group({ userId: "node-1", groupId: "team" });
await analytics.closeAndFlush();
