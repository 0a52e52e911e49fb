using System.CommandLine;
using System.CommandLine.Help;
using TorchPort;
using TorchSharp;
using static TorchPort.CommandLine;

const int MaxEpochs = int.MaxValue - 1;
var device = CreateDeviceOption($"{DeviceSelector.Syntax}; auto uses CUDA if this build includes it and a GPU is available");
var cell = CreateNumberOption("--cell", "2|3", "run only In [2] or only In [3] [default: both, in order]",
    expected: "2 or 3", min: 2, max: 3);
var epochs = CreateNumberOption("--epochs", "N", $"the notebook's nb_epochs, from 0 to {MaxEpochs} [default: 10]",
    expected: $"an integer from 0 to {MaxEpochs}", min: 0, max: MaxEpochs);
var lr = CreateLearningRateOption("the learning rate, finite and non-negative [default: 0.1 in In [2], 0.15 in In [3]]");
var exact = CreateFlag("--exact", "print floats with up to nine significant digits, enough to identify any float32");
var version = new VersionOption { Description = "show the versions of TorchPort, TorchSharp and libtorch, and the backend" };

const string CommandDescription = "Runs the gradient descent of gradient-descent.ipynb in C#: by hand, then with optim.SGD.";
var command = new Command("TorchPort", CommandDescription) { device, cell, epochs, lr, exact, version, new HelpOption() };
command.SetAction(RunCells);
return Run(command, args, failureExitCode: 1, brokenPipeExitCode: 0);

void RunCells(ParseResult parseResult)
{
    DeviceSelector.SetDefaultDevice(parseResult.GetValue(device)!);
    StandardStreams.WriteError($"Running on {torch.get_default_device()}");

    var stdout = parseResult.InvocationConfiguration.Output;
    var format = new PythonFormat(parseResult.GetValue(exact));
    void Print(FormattableString line) => stdout.WriteLine(line.ToString(format));
    var notebook = new Notebook(Print, parseResult.GetValue(epochs), parseResult.GetValue(lr));
    using var scope = torch.NewDisposeScope();
    notebook.In1_DummyData();
    if (parseResult.GetValue(cell) is null or 2)
    {
        CellRunner.Run(2, notebook.In2_FullCode);
    }

    if (parseResult.GetValue(cell) is null or 3)
    {
        CellRunner.Run(3, notebook.In3_FullCodeWithTorchOptim);
    }
}
