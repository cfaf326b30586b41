# How well documents are read: on the command line and in the report.
eval-title = How well documents are read
eval-caution = The cards are drawn, the photos are made up, and the people do not exist. Real cards and real phones give other figures: measure with photos of your own.
eval-level = Level { $level }: { $cards } cards ({ $set })
eval-exact = fields exactly right
eval-number = identity numbers exactly right
eval-wrong = filled in but wrong
eval-proven = met, and the sample proves it
eval-met = met in this sample
eval-missed = missed
eval-too-few = too few samples to say
eval-time = about { $millis } ms of one thread for each photo, drawing included
