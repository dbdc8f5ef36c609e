-- Two searches along an index each; with `or` between them there would be neither.
delete from pair
 where (low, high) in (select low, high from pair where low = any($1) union select low, high from pair where high = any($1))
