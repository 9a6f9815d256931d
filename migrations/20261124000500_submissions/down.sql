drop table submission_step;
drop table catalogue_submission;
