//! The front door: accept, limits, deadlines and the hand-over of complete requests.
