"""Write plays.csv and tracks.csv: 200 listeners of a radio with four styles, and what goes wrong in real files."""

import csv
import random
from pathlib import Path

chance = random.Random(1)
styles = ["folk", "techno", "jazz", "punk"]
tracks = [(f"t{n}", f"Track {n}", f"Artist {n // 4}", styles[n // 40]) for n in range(160)]

plays = []
for listener in range(200):
    mine = [track for track in tracks if track[3] == styles[listener % 4]]
    played = chance.sample(mine, 15) + chance.sample(tracks, 5)
    plays += [[f"listener-{listener}", track[0], chance.randint(1, 20)] for track in played]
plays[7][2] = -3  # nobody plays a track minus three times
plays[8][1] = "t999"  # a track that is in no catalogue
plays[9][2] = "many"  # no number at all

broken = [[user, track if number % 2 else "", count] for number, (user, track, count) in enumerate(plays)]

for name, header, rows in [
    ("tracks.csv", ["track_id", "title", "artists", "genres"], tracks),
    ("plays.csv", ["user_id", "track_id", "plays"], plays),
    ("broken.csv", ["user_id", "track_id", "plays"], broken),
]:
    with Path(name).open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
