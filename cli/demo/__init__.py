"""``python3 go.py demo``: two committees co-manage one invented roster, from nothing to a statement that both signed.

Two real node processes on loopback, real workbooks, the same commands that staff use. Each step says in a sentence
what happens; ``$`` lines are commands to try yourself afterwards. With ``--once`` the nodes are stopped at the end,
else they stay up. All persons and places are invented (division 99, phones 100…).
"""
