// The live capture: asks for the camera, shows the steps in the order the server gave, takes two
// pictures of each, and sends them with the challenge. Without this file the page offers to go on
// without; it is never the only way.

const EACH = 2;
const EDGE_MAX = 960;
const wait = (millis) => new Promise((done) => setTimeout(done, millis));

function start() {
  const box = document.querySelector("[data-live]");
  if (!box || !navigator.mediaDevices?.getUserMedia) return;
  const [video, say, button] = ["video", "[data-say]", "button"].map((what) => box.querySelector(what));
  const words = box.dataset;
  box.hidden = false;

  const picture = () => {
    const scale = Math.min(1, EDGE_MAX / Math.max(video.videoWidth, video.videoHeight));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.85));
  };

  button.addEventListener("click", async () => {
    button.disabled = true;
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "user" }, audio: false });
      video.srcObject = stream;
      await video.play();
      const begun = await fetch("/register/live/begin", { method: "POST" });
      if (!begun.ok) throw new Error("no challenge");
      const task = await begun.json();
      const form = new FormData();
      form.append("nonce", task.nonce);
      for (const step of ["straight", ...task.steps]) {
        say.textContent = words[step];
        await wait(1800);
        for (let at = 0; at < EACH; at++) {
          form.append("frame", await picture(), "frame.jpg");
          await wait(400);
        }
      }
      say.textContent = words.sending;
      const answer = await fetch("/register/live/film", { method: "POST", body: form });
      if (!answer.ok) throw new Error("not taken");
      say.textContent = (await answer.json()).text;
    } catch {
      say.textContent = words.failed;
    } finally {
      stream?.getTracks().forEach((track) => track.stop());
      video.srcObject = null;
      button.disabled = false;
    }
  });
}

start();
