// The live capture: asks for the camera, shows the steps in the order the server gave, takes two
// pictures of each, and sends them with the challenge. Without this file, or without a camera, the
// page offers to go on without; it is never the only way.

const EACH = 2;
const EDGE_MAX = 960;
const wait = (millis) => new Promise((done) => setTimeout(done, millis));

// Why it ended: the words are `data-…` of the box.
class Ended extends Error {}

function camera() {
  const asked = navigator.mediaDevices.getUserMedia({ video: { facingMode: "user" }, audio: false });
  return asked.catch((error) => {
    throw new Ended(error.name === "NotAllowedError" ? "refused" : "camera");
  });
}

function start() {
  const box = document.querySelector("[data-live]");
  if (!box) return;
  if (!navigator.mediaDevices?.getUserMedia) {
    document.querySelector("[data-cannot]").hidden = false;
    return;
  }
  const [video, say, button] = ["video", "[data-say]", "button"].map((what) => box.querySelector(what));
  const words = box.dataset;
  let wasHidden = false;
  document.addEventListener("visibilitychange", () => { wasHidden ||= document.hidden; });
  box.hidden = false;

  // A busy phone may show one picture of the camera for longer than the time between two of ours.
  const next = () => new Promise((done) => {
    video.requestVideoFrameCallback?.(done);
    setTimeout(done, video.requestVideoFrameCallback ? 1000 : 0);
  });

  const picture = () => {
    const scale = Math.min(1, EDGE_MAX / Math.max(video.videoWidth, video.videoHeight));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
  };

  // Nobody looks at a page that is hidden, and a camera that went away shows the last picture.
  const goesOn = (stream) => {
    if (wasHidden) throw new Ended("hidden");
    if (stream.getVideoTracks().some((track) => track.readyState !== "live")) throw new Ended("camera");
  };

  const film = async (stream, task) => {
    const form = new FormData();
    form.append("nonce", task.nonce);
    for (const step of ["straight", ...task.steps]) {
      say.textContent = words[step];
      await wait(1800);
      for (let at = 0; at < EACH; at++) {
        await next();
        goesOn(stream);
        form.append("frame", await picture(), "frame.jpg");
        await wait(400);
      }
    }
    goesOn(stream);
    return form;
  };

  button.addEventListener("click", async () => {
    button.disabled = true;
    wasHidden = document.hidden;
    let stream;
    try {
      stream = await camera();
      video.srcObject = stream;
      await video.play();
      const begun = await fetch("/register/live/begin", { method: "POST" });
      if (!begun.ok) throw new Ended("failed");
      const form = await film(stream, await begun.json());
      say.textContent = words.sending;
      const answer = await fetch("/register/live/film", { method: "POST", body: form });
      if (!answer.ok) throw new Ended("failed");
      say.textContent = (await answer.json()).text;
    } catch (error) {
      say.textContent = words[error instanceof Ended ? error.message : "failed"];
    } finally {
      stream?.getTracks().forEach((track) => track.stop());
      video.srcObject = null;
      button.disabled = false;
    }
  });
}

start();
