// Drives Chromium through its debugging pipe, without further packages. Prints "ok: ..." or "FAILED: ..." for each
// sentence. usage: node dashboard.js URL FOLDER
"use strict";

const {spawn} = require("child_process");
const fs = require("fs");
const path = require("path");
const [url, folder] = process.argv.slice(2);
const port = new URL(url).port;

const chromium = spawn("chromium", ["--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu",
  "--host-resolver-rules=MAP other.example 127.0.0.1"], {stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"]});
const [, , , toBrowser, fromBrowser] = chromium.stdio;

// --- messages: JSON that ends with a zero -------------------------------------------------------------------------

const waiting = new Map();
const complaints = [];
let count = 0;
let rest = "";

fromBrowser.on("data", (bytes) => {
  rest += bytes;
  const messages = rest.split("\0");
  rest = messages.pop();
  for (const message of messages.map((text) => JSON.parse(text))) {
    if (message.id) {
      const {resolve, reject} = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error) reject(new Error(message.error.message)); else resolve(message.result);
    } else if (message.method === "Runtime.exceptionThrown") {
      complaints.push(message.params.exceptionDetails.exception.description);
    } else if (message.method === "Log.entryAdded" && message.params.entry.level === "error") {
      complaints.push(message.params.entry.text);
    }
  }
});

function send(method, params = {}, sessionId = undefined) {
  count += 1;
  const id = count;
  toBrowser.write(JSON.stringify({id, method, params, sessionId}) + "\0");
  return new Promise((resolve, reject) => waiting.set(id, {resolve, reject}));
}

// --- pages --------------------------------------------------------------------------------------------------------

async function openPage(address, watch = true) {
  const {targetId} = await send("Target.createTarget", {url: "about:blank"});
  const {sessionId} = await send("Target.attachToTarget", {targetId, flatten: true});
  await send("Page.enable", {}, sessionId);
  if (watch) {
    await send("Runtime.enable", {}, sessionId);
    await send("Log.enable", {}, sessionId);
  }
  await send("Page.navigate", {url: address}, sessionId);
  return {
    close: () => send("Target.closeTarget", {targetId}),
    call: (method, params) => send(method, params, sessionId),
    look: async (expression) => {
      const answer = await send("Runtime.evaluate", {expression, awaitPromise: true, returnByValue: true}, sessionId);
      return answer.result.value;
    },
  };
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function until(page, expression) {
  for (let i = 0; i < 150; i += 1) {
    if (await page.look(expression)) return true;
    await pause(100);
  }
  return false;
}

async function screenshot(page, name, {width, scheme}) {
  await page.call("Emulation.setDeviceMetricsOverride", {width, height: 900, deviceScaleFactor: 1, mobile: false});
  await page.call("Emulation.setScrollbarsHidden", {hidden: true});
  await page.call("Emulation.setEmulatedMedia", {features: [{name: "prefers-color-scheme", value: scheme}]});
  await pause(1500);
  const shot = await page.call("Page.captureScreenshot", {captureBeyondViewport: true});
  fs.writeFileSync(path.join(folder, name), Buffer.from(shot.data, "base64"));
}

const check = (sentence, holds) => console.log(`${holds ? "ok" : "FAILED"}: ${sentence}`);

const has = (text) => `document.body.textContent.includes("${text}")`;
const state = "document.getElementById('state').textContent";
const note = "document.getElementById('note').textContent";

const marks = `[...document.querySelectorAll("canvas")].map((canvas) => {
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  return pixels.filter((value, i) => i % 4 === 3 && value > 128).length;
})`;

async function checkPage() {
  const page = await openPage(url);
  check("the page shows a run that goes on", await until(page, `${state} === "running"`));
  check("there are charts of losses, scores, rate, seconds and norms",
    await until(page, "document.querySelectorAll('canvas').length >= 7"));
  const drawn = await page.look(marks);
  check("each chart has marks", drawn.length > 0 && drawn.every((pixels) => pixels > 300));
  const epoch = "Number(document.querySelector('#facts dd').textContent.split(' ')[0])";
  const before = await page.look(epoch);
  check("it goes on by itself", await until(page, `${epoch} > ${before}`));
  check("finished runs are listed", await until(page, "document.querySelectorAll('#runs li').length === 4"));
  await page.look("document.querySelectorAll('#runs input')[2].click()");
  check("a finished run is drawn beside it", await until(page, has("run 2, validation")));
  await screenshot(page, "light.png", {width: 1280, scheme: "light"});
  await screenshot(page, "dark.png", {width: 1280, scheme: "dark"});
  await screenshot(page, "phone.png", {width: 390, scheme: "light"});
  return page;
}

async function checkStrangers() {
  const stranger = await openPage(url.replace("127.0.0.1", "other.example"), false);
  check("under another name there is no page", await until(stranger, has("another host")));
  const command = `fetch("${url}stop", {method: "POST", mode: "no-cors"}).then(() => "sent", () => "refused")`;
  await stranger.look(command);
  const read = await stranger.look(`fetch("${url}data").then((answer) => answer.text(), () => "nothing")`);
  check("another site reads nothing", read === "nothing");
  const framed = await stranger.look(`new Promise((done) => { const frame = document.createElement("iframe");
    const look = () => { try { return frame.contentDocument === null ? "closed" : "open"; } catch { return "closed"; } };
    frame.onload = () => done(look());
    frame.src = "${url}"; document.body.append(frame); })`);
  check("another site cannot show the page inside its own", framed === "closed");
  await stranger.close();
  const wrong = await openPage(`http://127.0.0.1:${port}/`, false);
  check("without the secret there is no page", await until(wrong, has("dashboard_url()")));
  await wrong.close();
}

async function checkButtons(first) {
  const second = await openPage(url);
  const goesOn = await until(second, `${state} === "running"`);
  check("the run goes on, whatever another site has sent", goesOn);
  await first.close();
  await second.look("document.getElementById('checkpoint').click()");
  check("a click writes a checkpoint", await until(second, `${note}.includes("checkpoint was written")`));
  await second.look("document.getElementById('stop').click()");
  await pause(1200);
  check("one click on 'Stop' only asks again", await second.look(`${state} === "running"`));
  await second.look("document.getElementById('stop').click()");
  check("two clicks stop the run", await until(second, `${state} === "stopped"`));
  check("the buttons are gone then", await second.look("document.getElementById('actions').hidden"));
  await screenshot(second, "stopped.png", {width: 1280, scheme: "light"});
}

async function main() {
  const page = await checkPage();
  await checkStrangers();
  await checkButtons(page);
  check(`nothing went wrong in the page ${complaints.join("; ")}`.trim(), complaints.length === 0);
}

main().catch((error) => check(`the script ended: ${error.stack}`, false)).finally(() => chromium.kill());
